#include "wire/address_list.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"
#include "wire/wr.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

/* One entry, quoted and escaped; the caller frees it. NULL: no memory. */
static char *quoted(const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT];
	json_t *value = json_string(multiaddr_text(m, text));
	char *entry = value ? json_dumps(value, DUMP_FLAGS) : NULL;

	json_decref(value);
	return entry;
}

int address_list_encode(const struct multiaddr *addresses, size_t n, struct buf *out)
{
	struct wr w = wr_to(out);
	bool first = true;

	if (buf_room(out) < 2)
		return -ENOBUFS;
	wr_u8(&w, '[');
	for (size_t i = 0; i < n; i++) {
		char *entry = quoted(&addresses[i]);

		if (!entry)
			return -ENOMEM;
		/* Room is kept for the comma and the bracket. */
		if (strlen(entry) + 2 <= buf_room(out)) {
			if (!first)
				wr_u8(&w, ',');
			wr_text(&w, entry);
			first = false;
		}
		free(entry);
	}
	wr_u8(&w, ']');
	return wr_finish(&w);
}

static void take(const json_t *entry, struct multiaddr *out, size_t max, size_t *n)
{
	struct bytes text = BYTES(json_string_value(entry), json_string_length(entry));

	if (json_is_string(entry) && *n < max && multiaddr_parse(text, &out[*n]) == 0)
		++*n;
}

int address_list_decode(struct bytes in, struct multiaddr *out, size_t max, size_t *ret_n)
{
	json_error_t error;
	json_t *list, *entry;
	size_t i, n = 0;

	if (in.n > LIMIT_ADDR_ANSWER || json_check(in) < 0)
		return -EBADMSG;
	list = json_loadb(in.n > 0 ? (const char *)in.p : "", in.n, 0, &error);
	if (!json_is_array(list)) {
		bool is_memory = !list && json_error_code(&error) == json_error_out_of_memory;

		json_decref(list);
		return is_memory ? -ENOMEM : -EBADMSG;
	}
	json_array_foreach(list, i, entry) take(entry, out, max, &n);
	json_decref(list);
	*ret_n = n;
	return 0;
}
