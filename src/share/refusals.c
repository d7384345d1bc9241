#include "base/limits.h"
#include "share/door_priv.h"

/* Who was not let in. Client libraries try again for ever, and some of them without a word. */

const char *door_via_text(enum door_via via)
{
	return via == DOOR_TCP ? "tcp" : "unix";
}

const char *door_refused_text(enum door_refused_why why)
{
	static const char *const texts[] = {
		[DOOR_REFUSED_NAME_HELD] = "name_held", [DOOR_REFUSED_NAME] = "name",
		[DOOR_REFUSED_TOKEN] = "token",         [DOOR_REFUSED_CONNECTIONS] = "connections",
		[DOOR_REFUSED_FULL] = "full",
	};

	return texts[why];
}

void door_refused(struct door *d, const struct door_refusal *refusal)
{
	struct door_refusal told = *refusal;

	if (!d->config.ops->on_refused)
		return;
	if (d->refused_told_at.ns > 0 &&
	    !mono_reached(mono_add_ms(d->refused_told_at, LIMIT_DOOR_REFUSED_TOLD_MS), d->now)) {
		d->n_refused_untold++;
		return;
	}
	told.left_out = d->n_refused_untold;
	d->refused_told_at = d->now;
	d->n_refused_untold = 0;
	d->config.ops->on_refused(d->config.user, &told);
}

void consumer_refused(const struct consumer *c, enum door_refused_why why, const char *text)
{
	const struct rights *r = c->rights;

	door_refused(c->door, &(struct door_refusal){
				      .why = why,
				      .consumer = c->options.name,
				      .credentials = r == &rights_of_strangers ? NULL : r->name,
				      .via = c->via,
				      .text = text,
			      });
}
