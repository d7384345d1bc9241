#ifndef PL_CLI_TABLE_H
#define PL_CLI_TABLE_H

/*
 * Columns for people: as wide as their widest text, left-aligned, two blanks apart. Texts come from
 * strangers too: what could steer a terminal is shown as `?`.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 18

struct table {
	size_t n_columns;
	json_t *rows; /* of arrays of texts */
};

/* The heads are the first row; NULL ends them. */
void table_init(struct table *t, const char *const *heads);
void table_print(const struct table *t, const char *indent);
void table_write(const struct table *t, const char *indent, FILE *out);
void table_deinit(struct table *t);

/* Cells go in one after the other; a row is full when it has one for every head. */
void table_add(struct table *t, const char *text);
void table_add_number(struct table *t, int64_t v);
/* "1.2 ms", "3 min", "4 h"; "-" when negative. */
void table_add_duration_us(struct table *t, int64_t us);
/* "3.4 MiB" */
void table_add_bytes(struct table *t, int64_t n);

/* A text that is safe to print, in a static ring of buffers: good for one printf(). */
const char *table_safe(const char *text);
/* A duration, in the same ring. */
const char *table_duration_us(int64_t us);

#endif
