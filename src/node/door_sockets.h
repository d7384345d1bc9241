#ifndef PL_NODE_DOOR_SOCKETS_H
#define PL_NODE_DOOR_SOCKETS_H

/*
 * The door's sockets: the TCP and Unix listeners, one record per connection, one flush per turn of
 * the loop for all of them. The door itself (share/door.h) sees bytes only.
 */

#include "loop/loop.h"
#include "share/door.h"

struct door_sockets;

_nodiscard_ int door_sockets_new(struct loop *loop, struct door_sockets **ret);
/* Closes listeners and connections at once. Takes NULL. */
struct door_sockets *door_sockets_free(struct door_sockets *s);
/* The door is made after its port is known: listen first, then hand it over. Connections wait until
 * then. */
_nodiscard_ int door_sockets_listen_tcp(struct door_sockets *s, struct addr *at);
_nodiscard_ int door_sockets_listen_unix(struct door_sockets *s, const char *path);
void door_sockets_set_door(struct door_sockets *s, struct door *door);
/* A connection that no listener accepted: takes `sock`, which was not started. */
void door_sockets_adopt(struct door_sockets *s, struct sock *sock);
/* Stops accepting. */
void door_sockets_close_listeners(struct door_sockets *s);
/* True when nothing waits to be written. */
bool door_sockets_is_flushed(const struct door_sockets *s);
/* Sets the timer for door_deadline() again: after anything that was not consumer input. */
void door_sockets_rearm(struct door_sockets *s);

/* For door_ops. */
void door_sockets_wants_output(struct door_sockets *s, void *connection);
void door_sockets_wants_input(struct door_sockets *s, void *connection, bool wanted);
void door_sockets_wants_close(struct door_sockets *s, void *connection);

#endif
