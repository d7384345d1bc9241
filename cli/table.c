#include "cli/table.h"

#include <stdio.h>
#include <string.h>

#include "base/def.h"

#define RING 8
#define TEXT_MAX 1536

static char *next_text(void)
{
	static char ring[RING][TEXT_MAX];
	static size_t next;

	return ring[next++ % RING];
}

const char *table_safe(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	char *out = next_text();
	size_t n = 0;

	for (; p && *p && n < TEXT_MAX - 1; p++) {
		/* Controls of ASCII, and in UTF-8 those from U+0080 to U+009F. */
		bool is_c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;

		p += is_c1;
		out[n++] = is_c1 || *p < ' ' || *p == 0x7f ? '?' : (char)*p;
	}
	out[n] = 0;
	return out;
}

void table_init(struct table *t, const char *const *heads)
{
	*t = (struct table){ .rows = json_array() };
	for (; heads[t->n_columns]; t->n_columns++)
		;
	ASSERT(t->n_columns > 0 && t->n_columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < t->n_columns; i++)
		table_add(t, heads[i]);
}

void table_deinit(struct table *t)
{
	json_decref(t->rows);
}

void table_add(struct table *t, const char *text)
{
	json_t *row = json_array_get(t->rows, json_array_size(t->rows) - 1);

	if (!row || json_array_size(row) == t->n_columns) {
		row = json_array();
		(void)json_array_append_new(t->rows, row);
	}
	(void)json_array_append_new(row, json_string(table_safe(text && text[0] ? text : "-")));
}

void table_add_number(struct table *t, int64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	table_add(t, text);
}

const char *table_duration_us(int64_t us)
{
	char *out = next_text();
	int64_t s = us / 1000000;

	if (us < 0)
		snprintf(out, TEXT_MAX, "-");
	else if (us < 1000)
		snprintf(out, TEXT_MAX, "%lld us", (long long)us);
	else if (us < 10000)
		snprintf(out, TEXT_MAX, "%.1f ms", (double)us / 1000);
	else if (us < 1000000)
		snprintf(out, TEXT_MAX, "%lld ms", (long long)(us / 1000));
	else if (s < 120)
		snprintf(out, TEXT_MAX, "%lld s", (long long)s);
	else if (s < 7200)
		snprintf(out, TEXT_MAX, "%lld min", (long long)(s / 60));
	else if (s < 172800)
		snprintf(out, TEXT_MAX, "%lld h", (long long)(s / 3600));
	else
		snprintf(out, TEXT_MAX, "%lld days", (long long)(s / 86400));
	return out;
}

void table_add_duration_us(struct table *t, int64_t us)
{
	table_add(t, table_duration_us(us));
}

void table_add_bytes(struct table *t, int64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)n;
	size_t unit = 0;
	char text[32];

	while (v >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		v /= 1024;
		unit++;
	}
	snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", v, units[unit]);
	table_add(t, text);
}

/* Characters, not bytes: continuation bytes of UTF-8 take no column. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static const char *cell(const struct table *t, size_t row, size_t column)
{
	const char *text = json_string_value(json_array_get(json_array_get(t->rows, row), column));

	return text ? text : "?";
}

void table_write(const struct table *t, const char *indent, FILE *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };
	size_t n_rows = json_array_size(t->rows);

	for (size_t row = 0; row < n_rows; row++)
		for (size_t i = 0; i < t->n_columns; i++)
			widths[i] = size_max(widths[i], width_of(cell(t, row, i)));
	for (size_t row = 0; row < n_rows; row++) {
		fprintf(out, "%s", indent);
		for (size_t i = 0; i < t->n_columns; i++) {
			const char *text = cell(t, row, i);
			size_t pad = widths[i] - width_of(text) + 2;

			fprintf(out, "%s%*s", text, i + 1 < t->n_columns ? (int)pad : 0, "");
		}
		fprintf(out, "\n");
	}
}

void table_print(const struct table *t, const char *indent)
{
	table_write(t, indent, stdout);
}
