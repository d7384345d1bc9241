#include "loop/unix_probe.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool unix_socket_answers(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	bool answers;
	int fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return false;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true; /* cannot tell: leave it alone */
	/* EAGAIN: its backlog is full, so somebody is there. */
	answers = connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 || errno == EAGAIN;
	close(fd);
	return answers;
}
