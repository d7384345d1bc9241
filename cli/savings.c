#include "cli/savings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/object.h"

bool savings_is_command(const char *id)
{
	const char prefix[] = "peerline-", *p = id + sizeof(prefix) - 1;

	if (strncmp(id, prefix, sizeof(prefix) - 1) != 0 || !islower((unsigned char)*p))
		return false;
	while (islower((unsigned char)*p))
		p++;
	if (*p++ != '-' || !isdigit((unsigned char)*p))
		return false;
	while (isdigit((unsigned char)*p))
		p++;
	return *p == '\0';
}

struct savings savings_of(const json_t *status)
{
	const json_t *list = json_object_get(status, "consumers");
	int64_t left_out = object_number(status, "consumers_left_out");
	struct savings s = { .links = object_number(status, "links") };

	for (size_t i = 0; i < json_array_size(list); i++)
		s.consumers += !savings_is_command(object_text(json_array_get(list, i), "id"));
	s.consumers += left_out > 0 ? left_out : 0;
	if (s.consumers > 1 && s.links > 0)
		s.avoided = (s.consumers - 1) * s.links;
	return s;
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

bool savings_text(const struct savings *s, char out[SAVINGS_TEXT_MAX])
{
	if (s->avoided <= 0)
		return false;
	snprintf(out, SAVINGS_TEXT_MAX,
		 "%lld consumers share %lld link%s: %lld connection%s avoided",
		 (long long)s->consumers, (long long)s->links, plural(s->links),
		 (long long)s->avoided, plural(s->avoided));
	return true;
}
