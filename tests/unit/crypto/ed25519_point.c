#include "crypto/ed25519_point.h"

#include "test.h"

#include "ed25519_points.h"

static struct ed25519_point decoded(const char *hex)
{
	struct ed25519_point p;

	if (ed25519_decode(HEX(hex).p, &p) != 0)
		fail_msg("%s is a point", hex);
	return p;
}

static void assert_encodes(const struct ed25519_point *p, const char *hex)
{
	uint8_t b[32];

	ed25519_encode(p, b);
	assert_memory_equal(b, HEX(hex).p, sizeof(b));
}

static struct ed25519_niels niels_of(const struct ed25519_point *p)
{
	struct ed25519_niels n;
	struct fe scratch;

	ed25519_to_niels(p, 1, &scratch, &n);
	return n;
}

TEST(the_base_point_is_the_one_of_rfc_8032)
{
	struct ed25519_point p;

	ed25519_base(&p);
	assert_encodes(&p, BASE_POINT);
	assert_false(ed25519_is_small(&p));
}

TEST(points_of_small_order_are_known_and_come_back_as_they_were_written)
{
	for (size_t i = 0; i < ARRAY_SIZE(SMALL_POINTS); i++) {
		struct ed25519_point p = decoded(SMALL_POINTS[i]);

		assert_true(ed25519_is_small(&p));
		assert_encodes(&p, SMALL_POINTS[i]);
	}
}

TEST(what_is_no_point_or_written_in_another_way_is_refused)
{
	struct ed25519_point p = ed25519_identity;

	for (size_t i = 0; i < ARRAY_SIZE(BAD_POINTS); i++)
		assert_int_equal(ed25519_decode(HEX(BAD_POINTS[i]).p, &p), -EBADMSG);
	assert_encodes(&p, SMALL_POINTS[0]);
}

TEST(adding_a_point_to_itself_doubles_it)
{
	struct ed25519_point p, sum, doubled;
	struct ed25519_niels n;
	uint8_t a[32], b[32];

	ed25519_base(&p);
	for (int i = 0; i < 50; i++) {
		n = niels_of(&p);
		sum = doubled = p;
		ed25519_add_niels(&sum, &n);
		ed25519_double(&doubled);
		ed25519_encode(&sum, a);
		ed25519_encode(&doubled, b);
		assert_memory_equal(a, b, 32);
		p = doubled;
	}
}

/* The formulas have no exceptions: also where other formulas divide by zero. */
TEST(adding_and_taking_away_points_of_small_order_works_as_with_any_other)
{
	for (size_t i = 0; i < ARRAY_SIZE(SMALL_POINTS); i++) {
		struct ed25519_point small = decoded(SMALL_POINTS[i]), p = small;
		struct ed25519_niels n = niels_of(&small);

		for (int k = 0; k < 8; k++)
			ed25519_add_niels(&p, &n);
		assert_encodes(&p, SMALL_POINTS[i]); /* 9 T = T */
		ed25519_sub_niels(&p, &n);
		assert_encodes(&p, SMALL_POINTS[0]);
		ed25519_base(&p);
		ed25519_sub_niels(&p, &n);
		assert_false(ed25519_is_small(&p));
		ed25519_add_niels(&p, &n);
		assert_encodes(&p, BASE_POINT);
	}
}

TEST(a_point_and_its_opposite_are_the_identity_together)
{
	struct ed25519_point p, q;
	struct ed25519_niels n;

	ed25519_base(&p);
	q = p;
	ed25519_negate(&q);
	n = niels_of(&q);
	ed25519_add_niels(&p, &n);
	assert_encodes(&p, SMALL_POINTS[0]);
}

/* L, most significant bit first: 2^252 + 27742317777372353535851937790883648493. */
TEST(the_group_s_order_times_the_base_point_is_the_identity)
{
	struct bytes order =
		HEX("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
	struct ed25519_point base, p = ed25519_identity;
	struct ed25519_niels n;

	ed25519_base(&base);
	n = niels_of(&base);
	for (size_t i = 0; i < 256; i++) {
		ed25519_double(&p);
		if (order.p[i / 8] >> (7 - i % 8) & 1)
			ed25519_add_niels(&p, &n);
	}
	assert_encodes(&p, SMALL_POINTS[0]);
}

TEST(many_points_are_prepared_as_each_alone_would_be)
{
	struct ed25519_point p[10];
	struct ed25519_niels together[10];
	struct fe scratch[10];

	ed25519_base(&p[0]);
	for (size_t i = 1; i < ARRAY_SIZE(p); i++) {
		p[i] = p[i - 1];
		ed25519_double(&p[i]);
	}
	ed25519_to_niels(p, ARRAY_SIZE(p), scratch, together);
	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		struct ed25519_niels alone = niels_of(&p[i]);

		assert_true(fe_equal(&alone.plus, &together[i].plus));
		assert_true(fe_equal(&alone.minus, &together[i].minus));
		assert_true(fe_equal(&alone.xy2d, &together[i].xy2d));
	}
}

TESTS(RUN(the_base_point_is_the_one_of_rfc_8032),
      RUN(points_of_small_order_are_known_and_come_back_as_they_were_written),
      RUN(what_is_no_point_or_written_in_another_way_is_refused),
      RUN(adding_a_point_to_itself_doubles_it),
      RUN(adding_and_taking_away_points_of_small_order_works_as_with_any_other),
      RUN(a_point_and_its_opposite_are_the_identity_together),
      RUN(the_group_s_order_times_the_base_point_is_the_identity),
      RUN(many_points_are_prepared_as_each_alone_would_be))
