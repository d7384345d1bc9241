#include "loop/eager.h"

void eager_init(struct eager *e)
{
	*e = (struct eager){ .since = MONO_NEVER, .row_needed = EAGER_ROW_MIN };
}

bool eager_before_wait(struct eager *e, struct mono now)
{
	if (mono_is_never(e->since)) {
		e->since = now;
		e->is_looking = e->row >= e->row_needed;
	} else if (e->is_looking && mono_since_ns(e->since, now) >= EAGER_LOOK_NS) {
		e->is_looking = false;
		e->was_in_vain = true;
	}
	return e->is_looking;
}

static void learn(struct eager *e, bool was_short)
{
	if (e->was_in_vain) {
		e->row = 0;
		e->row_needed = e->row_needed < EAGER_ROW_MAX ? e->row_needed * 2 : EAGER_ROW_MAX;
	} else if (!was_short) {
		e->row = 0;
	} else if (e->is_looking) {
		e->row_needed -= e->row_needed > EAGER_ROW_MIN;
	} else if (e->row < EAGER_ROW_MAX) {
		e->row++;
	}
}

void eager_on_news(struct eager *e, struct mono now)
{
	if (mono_is_never(e->since))
		return;
	learn(e, mono_since_ns(e->since, now) < EAGER_SHORT_NS);
	e->since = MONO_NEVER;
	e->is_looking = e->was_in_vain = false;
}
