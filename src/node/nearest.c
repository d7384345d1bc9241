#include "node/nearest.h"

#include <string.h>

#define WORD_MAX 63

size_t edit_distance(const char *a, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b);
	size_t row[WORD_MAX + 1];

	if (n_a > WORD_MAX || n_b > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			size_t above = row[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			best = size_min(best, above + 1);
			best = size_min(best, row[j - 1] + 1);
			diagonal = above;
			row[j] = best;
		}
	}
	return row[n_b];
}

const char *nearest_word(const char *word, const char *const *known, size_t n)
{
	const char *best = NULL;
	size_t best_distance = size_max(2, strlen(word) / 3) + 1;

	for (size_t i = 0; i < n; i++) {
		size_t distance = edit_distance(word, known[i]);

		if (distance < best_distance) {
			best_distance = distance;
			best = known[i];
		}
	}
	return best;
}
