#include "end.h"

void end_init(struct end *e, struct loop *l)
{
	*e = (struct end){ .loop = l };
	buf_init(&e->got, END_BYTES_MAX);
}

void end_close(struct end *e, bool reset)
{
	sock_close(TAKE_PTR(e->s), reset);
}

void end_deinit(struct end *e)
{
	end_close(e, false);
	buf_deinit(&e->got);
}

static void on_connect(void *user)
{
	struct end *e = user;

	e->n_connects++;
	if (e->close_on_connect)
		end_close(e, false);
}

static void on_read(void *user, struct bytes b)
{
	struct end *e = user;

	assert_int_equal(e->n_errors, 0);
	assert_int_equal(e->n_fins, 0);
	if (b.n == 0)
		e->n_fins++;
	else
		e->n_reads++;
	e->read_max = size_max(e->read_max, b.n);
	assert_int_equal(buf_append(&e->got, b.p, b.n), 0);
	if (e->stop_on_read)
		loop_stop(e->loop);
	if (b.n ? e->close_on_read : e->close_on_fin)
		end_close(e, false);
}

static void on_drain(void *user)
{
	((struct end *)user)->n_drains++;
}

static void on_error(void *user, int error)
{
	struct end *e = user;

	e->n_errors++;
	e->error = error;
	if (e->close_on_error)
		end_close(e, false);
}

const struct sock_ops end_ops = {
	.on_connect = on_connect,
	.on_read = on_read,
	.on_drain = on_drain,
	.on_error = on_error,
};

void end_connect(struct end *e, const struct addr *to)
{
	assert_int_equal(loop_connect_tcp(e->loop, to, &end_ops, e, &e->s), 0);
}

int end_write_bytes(struct end *e, struct bytes b)
{
	return sock_write(e->s, &b, 1);
}

int end_write(struct end *e, const char *text)
{
	return end_write_bytes(e, bytes_of_text(text));
}

struct bytes pattern(size_t n)
{
	static uint8_t all[END_BYTES_MAX];

	assert_true(n <= sizeof(all));
	for (size_t i = 0; all[1] == 0 && i < sizeof(all); i++)
		all[i] = (uint8_t)(i + i / 251 + i / 64007);
	return BYTES(all, n);
}

static void on_accept(void *user, struct sock *s, const struct addr *from)
{
	struct port *p = user;

	p->n_accepts++;
	p->from = *from;
	if (p->close_accepted || !p->accepted) {
		sock_close(s, false);
	} else {
		p->accepted->s = s;
		if (p->write_first)
			p->write_result = end_write(p->accepted, "welcome");
		sock_start(s, &end_ops, p->accepted);
		if (p->accepted->pause_on_accept)
			sock_pause(s, true);
		p->accepted = NULL;
	}
	if (p->close_self)
		port_close(p);
}

static void on_refused(void *user, int error)
{
	struct port *p = user;

	p->n_refused++;
	p->refused_error = error;
}

const struct listener_ops port_ops = { .on_accept = on_accept, .on_refused = on_refused };

void port_open(struct port *p, struct loop *l, const struct addr *ip, struct end *accepted)
{
	*p = (struct port){ .accepted = accepted };
	assert_int_equal(loop_listen_tcp(l, ip, &port_ops, p, &p->ls), 0);
	p->addr = listener_addr(p->ls);
}

void port_close(struct port *p)
{
	listener_close(TAKE_PTR(p->ls));
}
