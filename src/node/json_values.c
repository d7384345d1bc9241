#include "node/json_values.h"

json_t *json_number(uint64_t v)
{
	/* JSON has no unsigned type. No count gets there, and a wrong sign would be believed. */
	return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}

json_t *json_text_or_null(const char *text)
{
	return text ? json_text(bytes_of_text(text)) : json_null();
}

json_t *json_peer_id(const struct peer_id *id)
{
	char text[PEER_ID_TEXT_MAX];

	return json_string(peer_id_text(id, text));
}

json_t *json_multiaddr(const struct multiaddr *m)
{
	char text[LIMIT_MULTIADDR_TEXT];

	return m->n == 0 ? json_null() : json_text_or_null(multiaddr_text(m, text));
}

json_t *json_addr(const struct addr *a)
{
	struct multiaddr m;

	if (a->family == ADDR_NONE)
		return json_null();
	multiaddr_from_addr(a, &m);
	return json_multiaddr(&m);
}
