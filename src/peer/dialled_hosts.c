#include "peer/dialled_hosts.h"

static struct dialled_host *at(struct dialled_hosts *d, size_t i)
{
	return &d->ring[(d->first + i) % ARRAY_SIZE(d->ring)];
}

static void forget_old(struct dialled_hosts *d, struct mono now)
{
	while (d->n > 0 && mono_reached(mono_add_ms(at(d, 0)->when, LIMIT_HINT_AGAIN_MS), now)) {
		d->first = (d->first + 1) % ARRAY_SIZE(d->ring);
		d->n--;
	}
}

static bool is_same(const struct addr *a, const struct addr *b)
{
	return addr_is_public(a) ? addr_same_ip(a, b) : addr_equal(a, b);
}

bool dialled_hosts_take(struct dialled_hosts *d, const struct addr *a, struct mono now)
{
	forget_old(d, now);
	if (d->n == ARRAY_SIZE(d->ring))
		return false;
	for (size_t i = 0; i < d->n; i++)
		if (is_same(a, &at(d, i)->at))
			return false;
	d->n++;
	*at(d, d->n - 1) = (struct dialled_host){ *a, now };
	return true;
}
