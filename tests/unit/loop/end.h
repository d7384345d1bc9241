#ifndef PL_TESTS_UNIT_LOOP_END_H
#define PL_TESTS_UNIT_LOOP_END_H

/* One end of a connection that notes everything it is told, for the loops' tests. */

#include "base/buf.h"
#include "loop/loop.h"
#include "test.h"

#define END_BYTES_MAX (32 * 1024 * 1024)

struct end {
	struct sock *s;
	struct loop *loop;
	struct buf got;
	size_t n_connects, n_reads, n_fins, n_drains, n_errors;
	size_t read_max; /* the longest read */
	int error;
	bool close_on_connect, close_on_read, close_on_fin, close_on_error, pause_on_accept,
		stop_on_read;
};

struct port {
	struct listener *ls;
	struct addr addr;
	struct end *accepted; /* the next connection's */
	size_t n_accepts, n_refused;
	int write_result; /* of write_first: a write before the start */
	int refused_error;
	bool close_accepted, close_self, write_first;
	struct addr from;
};

extern const struct sock_ops end_ops;
extern const struct listener_ops port_ops;

void end_init(struct end *e, struct loop *l);
void end_deinit(struct end *e);
void end_connect(struct end *e, const struct addr *to);
void end_close(struct end *e, bool reset);
int end_write(struct end *e, const char *text);
int end_write_bytes(struct end *e, struct bytes b);
/* `n` bytes in which every position tells itself apart. */
struct bytes pattern(size_t n);

void port_open(struct port *p, struct loop *l, const struct addr *ip, struct end *accepted);
void port_close(struct port *p);

#endif
