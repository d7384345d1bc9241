#include "base/budget.h"

#include "base/limits.h"
#include "test.h"

#define MAX ((size_t)90 * MIB)

static size_t n_short;

static void on_short(void *user)
{
	(void)user;
	n_short++;
}

static void begin(struct budget *b)
{
	n_short = 0;
	budget_init(b, MAX);
	b->on_short = on_short;
}

/* Takes all that it may, piece by piece. */
static void be_greedy(struct charge *c, size_t piece)
{
	while (charge_room(c) >= piece)
		charge_take(c, BUDGET_SEND, piece);
}

TEST(who_has_no_account_or_no_budget_is_not_counted)
{
	struct budget_account a;
	struct charge c;

	charge_init(&c, NULL);
	assert_true(charge_room(&c) == SIZE_MAX);
	assert_true(charge_room(NULL) == SIZE_MAX);
	assert_true(charge_room_alone(NULL) == SIZE_MAX);
	assert_false(charge_is_short(&c));
	charge_take(NULL, BUDGET_SEND, 7);
	charge_give(NULL, BUDGET_SEND, 7);
	charge_take(&c, BUDGET_SEND, 7);
	budget_account_init(&a, NULL);
	charge_move(&c, &a);
	assert_true(charge_room(&c) == SIZE_MAX);
	assert_int_equal(a.held, 0);
	charge_give(&c, BUDGET_SEND, 7);
	charge_deinit(&c);
	budget_account_deinit(&a);
}

TEST(what_is_held_is_counted_by_account_and_by_kind)
{
	struct budget b;
	struct budget_account x, y;
	size_t held = 0;
	struct charge one, two;

	begin(&b);
	budget_account_init(&x, &b);
	budget_account_init(&y, &b);
	charge_init(&one, NULL);
	charge_take(&one, BUDGET_STREAMS, 5);
	assert_int_equal(b.held, 0);
	charge_move(&one, &x);
	charge_init(&two, &x);
	charge_take(&two, BUDGET_SEND, 100);
	charge_adjust(&two, BUDGET_RECEIVE, &held, 30);
	charge_adjust(&two, BUDGET_RECEIVE, &held, 10);
	assert_int_equal(held, 10);
	assert_int_equal(x.held, 115);
	assert_int_equal(b.held, 115);
	assert_int_equal(b.kinds[BUDGET_SEND], 100);
	assert_int_equal(b.kinds[BUDGET_RECEIVE], 10);
	assert_int_equal(b.kinds[BUDGET_STREAMS], 5);
	charge_move(&two, &y);
	assert_int_equal(x.held, 5);
	assert_int_equal(y.held, 110);
	assert_int_equal(budget_free(&b), MAX - 115);
	charge_give(&two, BUDGET_SEND, 60);
	assert_int_equal(y.held, 50);
	charge_deinit(&two);
	charge_deinit(&one);
	assert_int_equal(b.held, 0);
	budget_account_deinit(&x);
	budget_account_deinit(&y);
}

TEST(one_alone_may_hold_a_ninth_of_all)
{
	struct budget b;
	struct budget_account a;
	struct charge c;

	begin(&b);
	budget_account_init(&a, &b);
	charge_init(&c, &a);
	assert_int_equal(charge_room(&c), MAX / 9);
	charge_take(&c, BUDGET_SEND, MAX / 9);
	assert_int_equal(charge_room(&c), 0);
	assert_int_equal(n_short, 0);
	charge_deinit(&c);
}

TEST(the_greedy_share_alike_and_leave_as_much_for_whoever_comes)
{
	static struct budget_account a[200];
	static struct charge c[200];
	struct budget_account late;
	struct charge of_late;
	struct budget b;

	begin(&b);
	budget_account_init(&late, &b);
	charge_init(&of_late, &late);
	for (size_t i = 0; i < 200; i++) {
		budget_account_init(&a[i], &b);
		charge_init(&c[i], &a[i]);
	}
	/* All at once, as peers that connect together and read nothing. */
	for (size_t held = SIZE_MAX; held != b.held;) {
		held = b.held;
		for (size_t i = 0; i < 200; i++)
			if (charge_room(&c[i]) >= 4 * KIB)
				charge_take(&c[i], BUDGET_SEND, 4 * KIB);
	}
	assert_true(b.held <= MAX);
	for (size_t i = 0; i < 200; i++)
		assert_in_range(a[i].held, MAX / 208 - 8 * KIB, MAX / 208 + 8 * KIB);
	assert_in_range(charge_room(&of_late), MAX / 240, MAX / 200);
	/* One message of any size leaves, where it is alone. */
	assert_true(charge_room_alone(&of_late) > 1 * MIB);
	assert_true(b.is_short);
	assert_int_equal(n_short, 1);
	for (size_t i = 0; i < 200; i++)
		charge_deinit(&c[i]);
	assert_false(b.is_short);
	assert_int_equal(b.held, 0);
}

TEST(memory_is_short_from_three_quarters_on_until_five_eighths)
{
	struct budget b;
	struct budget_account a;
	struct charge c;

	begin(&b);
	budget_account_init(&a, &b);
	charge_init(&c, &a);
	charge_take(&c, BUDGET_RECEIVE, MAX / 4 * 3);
	assert_int_equal(n_short, 0);
	charge_take(&c, BUDGET_RECEIVE, 8);
	assert_int_equal(n_short, 1);
	assert_true(charge_is_short(&c));
	charge_give(&c, BUDGET_RECEIVE, MAX / 16);
	charge_take(&c, BUDGET_RECEIVE, MAX / 16);
	assert_int_equal(n_short, 1);
	charge_give(&c, BUDGET_RECEIVE, MAX / 8 + 8);
	assert_false(charge_is_short(&c));
	charge_take(&c, BUDGET_RECEIVE, MAX / 2);
	assert_int_equal(n_short, 2);
	/* More than there is can have come already: nothing is refused that is here. */
	assert_int_equal(budget_free(&b), 0);
	assert_int_equal(charge_room(&c), 0);
	assert_int_equal(charge_room_alone(&c), 0);
	charge_deinit(&c);
}

TEST(only_who_holds_much_is_among_the_holders)
{
	struct budget b;
	struct budget_account a;
	struct charge c;

	begin(&b);
	budget_account_init(&a, &b);
	charge_init(&c, &a);
	charge_take(&c, BUDGET_SEND, LIMIT_BUDGET_SMALL - 1);
	assert_int_equal(b.n_holders, 0);
	charge_take(&c, BUDGET_STREAMS, 1);
	assert_int_equal(b.n_holders, 1);
	assert_ptr_equal(list_first(&b.holders), &a.holder);
	charge_give(&c, BUDGET_STREAMS, 1);
	assert_int_equal(b.n_holders, 0);
	assert_true(list_is_empty(&b.holders));
	charge_deinit(&c);
}

TEST(who_moves_next_to_nothing_for_ten_seconds_is_idle)
{
	struct mono now = { NS_PER_S };
	struct budget b;
	struct budget_account a;
	struct charge c;

	begin(&b);
	budget_account_init(&a, &b);
	charge_init(&c, &a);
	charge_take(&c, BUDGET_SEND, 1 * MIB);
	assert_false(budget_account_is_idle(&a, now));
	now = mono_add_ms(now, LIMIT_BUDGET_IDLE_MS - 1);
	charge_give(&c, BUDGET_SEND, 9 * KIB);
	assert_false(budget_account_is_idle(&a, now));
	now = mono_add_ms(now, 1);
	assert_true(budget_account_is_idle(&a, now));
	/* A kibibyte a second keeps it in, whichever way it goes. */
	charge_give(&c, BUDGET_SEND, 1 * KIB);
	assert_false(budget_account_is_idle(&a, now));
	now = mono_add_ms(now, LIMIT_BUDGET_IDLE_MS);
	charge_take(&c, BUDGET_RECEIVE, 10 * KIB);
	assert_false(budget_account_is_idle(&a, now));
	now = mono_add_ms(now, LIMIT_BUDGET_IDLE_MS);
	assert_true(budget_account_is_idle(&a, now));
	budget_account_watch(&a, now);
	assert_false(budget_account_is_idle(&a, now));
	charge_deinit(&c);
}

TEST(large_is_who_holds_more_than_half_of_the_average)
{
	struct budget b;
	struct budget_account little, much;
	struct charge c, d;

	begin(&b);
	budget_account_init(&little, &b);
	budget_account_init(&much, &b);
	charge_init(&c, &little);
	charge_init(&d, &much);
	assert_false(budget_account_is_large(&much));
	charge_take(&c, BUDGET_SEND, 100 * KIB);
	be_greedy(&d, 64 * KIB);
	assert_false(budget_account_is_large(&little));
	assert_true(budget_account_is_large(&much));
	charge_deinit(&d);
	assert_true(budget_account_is_large(&little));
	charge_deinit(&c);
}

TEST(every_kind_has_a_name)
{
	for (size_t i = 0; i < BUDGET_KINDS; i++)
		assert_true(strlen(budget_kind_text((enum budget_kind)i)) > 3);
}

TESTS(RUN(who_has_no_account_or_no_budget_is_not_counted),
      RUN(what_is_held_is_counted_by_account_and_by_kind), RUN(one_alone_may_hold_a_ninth_of_all),
      RUN(the_greedy_share_alike_and_leave_as_much_for_whoever_comes),
      RUN(memory_is_short_from_three_quarters_on_until_five_eighths),
      RUN(only_who_holds_much_is_among_the_holders),
      RUN(who_moves_next_to_nothing_for_ten_seconds_is_idle),
      RUN(large_is_who_holds_more_than_half_of_the_average), RUN(every_kind_has_a_name))
