#include "wire/peer_cache.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "wire/json.h"
#include "wire/rd.h"

/* ---- RFC 3339 ---- */

/* `n` digits; the reader becomes bad at anything else. */
static int64_t digits(struct rd *r, size_t n)
{
	int64_t v = 0;

	while (n-- > 0) {
		uint8_t c = rd_u8(r);

		if (c < '0' || c > '9')
			rd_fail(r);
		else
			v = v * 10 + (c - '0');
	}
	return v;
}

static void expect(struct rd *r, const char *any)
{
	uint8_t c = rd_u8(r);

	if (c == 0 || !strchr(any, c))
		rd_fail(r);
}

static bool next_is(const struct rd *r, uint8_t c)
{
	return r->left > 0 && *r->p == c;
}

/* Days since 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is
 * their last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int64_t read_date(struct rd *r)
{
	int64_t year = digits(r, 4), month, day;

	expect(r, "-");
	month = digits(r, 2);
	expect(r, "-");
	day = digits(r, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
		rd_fail(r);
	return days_of(year, month, day);
}

/* Seconds, the fraction left out: what is judged by them is a day. */
static int64_t read_clock(struct rd *r)
{
	int64_t hour = digits(r, 2), minute, second;

	expect(r, ":");
	minute = digits(r, 2);
	expect(r, ":");
	second = digits(r, 2);
	if (hour > 23 || minute > 59 || second > 60)
		rd_fail(r);
	if (next_is(r, '.')) {
		(void)rd_u8(r);
		do
			(void)digits(r, 1);
		while (r->left > 0 && *r->p >= '0' && *r->p <= '9');
	}
	return hour * 3600 + minute * 60 + second;
}

static int64_t read_offset(struct rd *r)
{
	bool is_west = next_is(r, '-');
	int64_t hour, minute;

	if (next_is(r, 'Z') || next_is(r, 'z')) {
		(void)rd_u8(r);
		return 0;
	}
	expect(r, "+-");
	hour = digits(r, 2);
	expect(r, ":");
	minute = digits(r, 2);
	if (hour > 23 || minute > 59)
		rd_fail(r);
	return (is_west ? -1 : 1) * (hour * 3600 + minute * 60);
}

/* Seconds since 1970. */
static int parse_time(const char *text, int64_t *ret)
{
	struct rd r = rd_of(bytes_of_text(text));
	int64_t days = read_date(&r), seconds;

	expect(&r, "Tt ");
	seconds = read_clock(&r);
	seconds -= read_offset(&r);
	if (rd_finish(&r) < 0)
		return -EBADMSG;
	*ret = days * 86400 + seconds;
	return 0;
}

/* ---- entries ---- */

enum verdict { USED, EXPIRED, MALFORMED };

static void take_address(const json_t *value, struct peer_cache_entry *e)
{
	struct bytes text = BYTES(json_string_value(value), json_string_length(value));

	if (json_is_string(value) && e->n_addresses < ARRAY_SIZE(e->addresses) &&
	    multiaddr_parse(text, &e->addresses[e->n_addresses]) == 0)
		e->n_addresses++;
}

static enum verdict judge_time(const json_t *value, struct wall now, const char **ret_fault)
{
	int64_t seen, age_s;

	if (!value || json_is_null(value))
		return USED;
	if (!json_is_string(value) || parse_time(json_string_value(value), &seen) < 0) {
		*ret_fault = "last_seen is no time";
		return MALFORMED;
	}
	age_s = now.ns / (int64_t)NS_PER_S - seen;
	return age_s > LIMIT_HINT_MS / 1000 ? EXPIRED : USED;
}

static enum verdict read_entry(const json_t *o, struct wall now, struct peer_cache_entry *e,
			       const char **ret_fault)
{
	const json_t *addrs = json_object_get(o, "addrs"), *id = json_object_get(o, "id");
	json_t *address;
	size_t i;

	e->n_addresses = 0;
	if (!json_is_string(id) ||
	    peer_id_parse(BYTES(json_string_value(id), json_string_length(id)), &e->id) < 0) {
		*ret_fault = "no peer id";
		return MALFORMED;
	}
	json_array_foreach(addrs, i, address) take_address(address, e);
	if (e->n_addresses == 0) {
		*ret_fault = "no address";
		return MALFORMED;
	}
	return judge_time(json_object_get(o, "last_seen"), now, ret_fault);
}

static void note_fault(struct peer_cache_report *report, size_t i, const char *fault)
{
	size_t n = strlen(report->faults);

	report->n_malformed++;
	/* Whole ones only. */
	if (n + strlen(fault) + 32 < sizeof(report->faults))
		snprintf(report->faults + n, sizeof(report->faults) - n, "%sentry %zu: %s",
			 n > 0 ? ", " : "", i + 1, fault);
}

/* ---- the file ---- */

static void read_list(const json_t *list, struct wall now,
		      void (*each)(void *user, const struct peer_cache_entry *e), void *user,
		      struct peer_cache_report *report)
{
	struct peer_cache_entry e;
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		const char *fault = "";

		switch (read_entry(o, now, &e, &fault)) {
		case USED:
			if (report->n_used == LIMIT_HINTS_IMPORTED) {
				report->n_beyond++;
				break;
			}
			report->n_used++;
			each(user, &e);
			break;
		case EXPIRED:
			report->n_expired++;
			break;
		case MALFORMED:
			note_fault(report, i, fault);
			break;
		}
	}
}

int peer_cache_decode(struct bytes in, struct wall now,
		      void (*each)(void *user, const struct peer_cache_entry *e), void *user,
		      struct peer_cache_report *ret)
{
	struct peer_cache_report report = { 0 };
	json_error_t error;
	json_t *list;

	if (in.n > LIMIT_PEER_CACHE || json_check(in) < 0)
		return -EBADMSG;
	list = json_loadb(in.n > 0 ? (const char *)in.p : "", in.n, 0, &error);
	if (!json_is_array(list)) {
		bool is_memory = !list && json_error_code(&error) == json_error_out_of_memory;

		json_decref(list);
		return is_memory ? -ENOMEM : -EBADMSG;
	}
	read_list(list, now, each, user, &report);
	json_decref(list);
	*ret = report;
	return 0;
}
