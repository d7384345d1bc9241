#include "node/fitting.h"

#include "node/json_values.h"

struct fitting fitting_of(size_t room)
{
	return (struct fitting){ .list = json_array(), .room = room };
}

size_t fitting_size(const json_t *o)
{
	return json_dumpb(o, NULL, 0, JSON_COMPACT) + 1;
}

void fitting_append(struct fitting *f, json_t *o)
{
	size_t size = fitting_size(o);

	if (size > f->room) {
		f->left_out++;
		json_decref(o);
		return;
	}
	f->room -= size;
	(void)json_array_append_new(f->list, o);
}

void fitting_put(const struct fitting *f, json_t *answer, const char *key, const char *key_left_out)
{
	/* Out of memory leaves a field out; the answer as a whole still goes. */
	(void)json_object_set_new(answer, key, f->list);
	if (f->left_out > 0)
		(void)json_object_set_new(answer, key_left_out, json_number(f->left_out));
}
