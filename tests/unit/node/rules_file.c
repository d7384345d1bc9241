#include "test.h"

#include "loop/loop_virtual.h"
#include "node/rules_file.h"
#include "temp.h"

static const char empty[] = "{\"added\":[],\"banned\":[]}";
static char told[512];
static size_t n_told, n_saved;
static int saved;

static void on_warning(void *user, const char *text)
{
	(void)user;
	n_told++;
	snprintf(told, sizeof(told), "%s", text);
}

static void on_saved(void *user, int error)
{
	(void)user;
	n_saved++;
	saved = error;
}

static struct rules_file *open_at(int64_t s)
{
	struct rules_file *f;

	n_told = n_saved = 0;
	assert_int_equal(rules_file_open(temp_folder, (struct wall){ s * (int64_t)NS_PER_S },
					 on_warning, NULL, &f),
			 0);
	return f;
}

static void save(struct rules_file *f, struct loop *l, const char *text)
{
	assert_int_equal(rules_file_save(f, l, bytes_of_text(text), on_saved, NULL), 0);
}

static struct world *new_world(struct loop **ret)
{
	struct world *w;

	assert_int_equal(world_new(1, &w), 0);
	assert_int_equal(world_host(w, "10.0.0.1", ret), 0);
	return w;
}

TEST(what_is_saved_is_there_at_the_next_start)
{
	struct loop *l;
	struct world *w = new_world(&l);
	struct rules_file *f = open_at(1);

	assert_int_equal(rules_file_content(f).n, 0);
	assert_int_equal(n_told, 0);
	save(f, l, empty);
	world_run_for(w, 10);
	assert_int_equal(n_saved, 1);
	assert_int_equal(saved, 0);
	rules_file_close(f);
	f = open_at(2);
	assert_bytes(rules_file_content(f), empty);
	assert_int_equal(n_told, 0);
	rules_file_close(f);
	world_free(w);
}

TEST(a_damaged_file_is_set_aside_and_told_of)
{
	struct rules_file *f;

	temp_write("peer_rules.json", "{\"added\":", 9, 0600);
	f = open_at(77);
	assert_int_equal(rules_file_content(f).n, 0);
	assert_int_equal(n_told, 1);
	assert_non_null(strstr(told, "it is damaged"));
	assert_non_null(strstr(told, "peer_rules.json.damaged-77"));
	assert_int_equal(access(temp_path("peer_rules.json.damaged-77"), F_OK), 0);
	assert_int_equal(access(temp_path("peer_rules.json"), F_OK), -1);
	rules_file_close(f);
}

TEST(one_that_cannot_be_set_aside_is_never_overwritten)
{
	struct loop *l;
	struct world *w = new_world(&l);
	struct rules_file *f;

	temp_write("peer_rules.json", "junk", 4, 0600);
	/* A folder with something in it stands where it would go. */
	assert_int_equal(mkdir(temp_path("peer_rules.json.damaged-5"), 0700), 0);
	f = open_at(5);
	assert_non_null(strstr(told, "not kept"));
	assert_int_equal(rules_file_save(f, l, BYTES_LITERAL("x"), on_saved, NULL), -EEXIST);
	rules_file_close(f);
	world_free(w);
}

TEST(what_cannot_be_written_is_told)
{
	struct loop *l;
	struct world *w = new_world(&l);
	struct rules_file *f = open_at(1);

	/* Its place is taken by a folder. */
	assert_int_equal(mkdir(temp_path("peer_rules.json"), 0700), 0);
	save(f, l, empty);
	world_run_for(w, 10);
	assert_int_equal(n_saved, 1);
	assert_true(saved < 0);
	rules_file_close(f);
	world_free(w);
}

TESTS(RUN_IN_TEMP(what_is_saved_is_there_at_the_next_start),
      RUN_IN_TEMP(a_damaged_file_is_set_aside_and_told_of),
      RUN_IN_TEMP(one_that_cannot_be_set_aside_is_never_overwritten),
      RUN_IN_TEMP(what_cannot_be_written_is_told))
