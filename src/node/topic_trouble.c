#include "node/topic_trouble.h"

#include <stdio.h>

#define NAME_SHOWN 96
#define DURATION_MAX 32

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* As coarse as people say it. */
static const char *duration(uint64_t ms, char out[DURATION_MAX])
{
	static const struct {
		uint64_t ms;
		const char *unit;
	} units[] = {
		{ 86400000, "day" }, { 3600000, "hour" }, { 60000, "minute" }, { 1000, "second" }
	};

	snprintf(out, DURATION_MAX, "less than a second");
	for (size_t i = 0; i < ARRAY_SIZE(units) && ms >= 1000; i++) {
		size_t n = (size_t)((ms + units[i].ms / 2) / units[i].ms);

		/* "2 minutes" where "1 minute" would hide half of it. */
		if (ms < 2 * units[i].ms && i + 1 < ARRAY_SIZE(units))
			continue;
		snprintf(out, DURATION_MAX, "%zu %s%s", n, units[i].unit, plural(n));
		break;
	}
	return out;
}

static void say_no_mesh(const struct gossip_topic_info *info, size_t n_connected, char *out,
			size_t room)
{
	if (info->n_peers == 0 && n_connected == 1)
		snprintf(out, room,
			 "hears nobody: the only connected peer is not subscribed to it");
	else if (info->n_peers == 0)
		snprintf(out, room,
			 "hears nobody: none of the %zu connected peers is subscribed to it",
			 n_connected);
	else
		snprintf(out, room,
			 "has no mesh: %zu connected peer%s subscribed to it (they are full, "
			 "refused us lately, have a bad score, or take us for a direct peer)",
			 info->n_peers, info->n_peers == 1 ? " is" : "s are");
}

static void say_silent(const struct gossip_topic_info *info, struct mono now, char *out,
		       size_t room)
{
	size_t n_heard = info->n_mesh + info->n_direct;
	char age[DURATION_MAX], pace[DURATION_MAX];

	snprintf(out, room,
		 "has been silent for %s, with %zu peer%s to hear it from; its usual pause is %s",
		 duration(mono_since_ms(info->quiet_since, now), age), n_heard, plural(n_heard),
		 duration(info->pace_ms, pace));
}

bool topic_is_alone(const struct gossip_topic_info *info)
{
	return info->health == TOPIC_NO_PEERS;
}

bool topic_trouble(const struct gossip_topic_info *info, size_t n_connected, struct mono now,
		   char ret[TOPIC_TROUBLE_MAX])
{
	bool is_cut = info->topic.n > NAME_SHOWN;
	int n = snprintf(ret, TOPIC_TROUBLE_MAX, "topic %.*s%s ",
			 (int)(is_cut ? NAME_SHOWN : info->topic.n), (const char *)info->topic.p,
			 is_cut ? "..." : "");
	char *out = ret + n;
	size_t room = TOPIC_TROUBLE_MAX - (size_t)n;

	switch (info->health) {
	case TOPIC_STARTING:
	case TOPIC_OK:
		return false;
	case TOPIC_NO_PEERS:
		snprintf(out, room, "hears nobody: no peer is connected");
		return true;
	case TOPIC_NO_MESH:
		say_no_mesh(info, n_connected, out, room);
		return true;
	case TOPIC_SILENT:
		say_silent(info, now, out, room);
		return true;
	}
	return false;
}
