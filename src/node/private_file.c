#include "node/private_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int private_file_check(const char *path, const char *otherwise, struct config_error *ret_error)
{
	struct stat st;
	int r = 0;

	if (stat(path, &st) < 0) {
		r = -errno;
		snprintf(ret_error->text, sizeof(ret_error->text), "%.500s cannot be read: %s",
			 path, strerror(-r));
	} else if (!S_ISREG(st.st_mode)) {
		r = -EBADMSG;
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s is not a file; it was left alone", path);
	} else if (st.st_uid != geteuid() && st.st_uid != 0) {
		r = -EPERM;
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s belongs to another user (uid %u), who knows what is in it; %s",
			 path, (unsigned int)st.st_uid, otherwise);
	} else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		r = -EACCES;
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.500s can be read by others (mode %04o); make it private with chmod "
			 "600, or %s",
			 path, st.st_mode & 07777U, otherwise);
	}
	return r;
}
