#include "node/handoff.h"

#include <string.h>
#include <unistd.h>

void handoff_init(struct handoff *h)
{
	*h = (struct handoff){ 0 };
	(void)pthread_mutex_init(&h->lock, NULL); /* cannot fail with default attributes */
}

void handoff_deinit(struct handoff *h)
{
	handoff_close(h);
	(void)pthread_mutex_destroy(&h->lock);
}

int handoff_put(struct handoff *h, int fd)
{
	int r = 0;

	(void)pthread_mutex_lock(&h->lock);
	if (h->is_closed)
		r = -ESHUTDOWN;
	else if (h->n == LIMIT_HANDOFFS)
		r = -EAGAIN;
	else
		h->fds[h->n++] = fd;
	(void)pthread_mutex_unlock(&h->lock);
	if (r < 0)
		close(fd);
	return r;
}

int handoff_take(struct handoff *h)
{
	int fd = -1;

	(void)pthread_mutex_lock(&h->lock);
	if (h->n > 0) {
		fd = h->fds[0];
		h->n--;
		memmove(h->fds, h->fds + 1, h->n * sizeof(h->fds[0]));
	}
	(void)pthread_mutex_unlock(&h->lock);
	return fd;
}

void handoff_close(struct handoff *h)
{
	int fd;

	(void)pthread_mutex_lock(&h->lock);
	h->is_closed = true;
	(void)pthread_mutex_unlock(&h->lock);
	while ((fd = handoff_take(h)) >= 0)
		close(fd);
}
