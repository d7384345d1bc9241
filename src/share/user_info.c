#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "share/door_priv.h"
#include "share/json_text.h"
#include "share/rights.h"

#define SUBJECT "$SYS.REQ.USER.INFO"
#define ACCOUNT "$G" /* NATS' name for the account where there are none */

bool user_info_is(struct bytes subject)
{
	return bytes_equal(subject, bytes_of_text(SUBJECT));
}

/* What NATS says of a list: an empty one would allow everything there. */
static json_t *list_json(const struct pattern_list *l)
{
	json_t *patterns = json_array();

	for (size_t i = 0; i < l->n; i++)
		(void)json_array_append_new(patterns, json_text(l->v[i]));
	if (l->n == 0)
		(void)json_array_append_new(patterns, json_string(">"));
	return json_pack("{s:o}", l->n > 0 ? "allow" : "deny", patterns);
}

static json_t *user_json(const struct rights *r)
{
	if (r->is_owner)
		return json_pack("{s:s, s:s}", "user", r->name, "account", ACCOUNT);
	return json_pack("{s:s, s:s, s:{s:o, s:o}}", "user", r->name, "account", ACCOUNT,
			 "permissions", "publish", list_json(&r->publish), "subscribe",
			 list_json(&r->subscribe));
}

static char *answer(const struct consumer *c)
{
	const struct door_config *config = &c->door->config;
	json_t *o = json_pack("{s:{s:s, s:s, s:s, s:s, s:b}, s:o}", "server", "name",
			      config->server_name, "host", config->host, "id", c->door->server_id,
			      "ver", config->version, "jetstream", 0, "data", user_json(c->rights));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

void user_info_tell(struct consumer *c, struct bytes reply)
{
	char *text = reply.n > 0 ? answer(c) : NULL;
	struct letter l = { .subject = reply };

	if (!text)
		return;
	l.payload = bytes_of_text(text);
	if (l.payload.n <= LIMIT_DOOR_PAYLOAD)
		deliver(c->door, &l);
	free(text);
}
