// What the machine and the simulated server allow: COUNT requests, JOBS at once, of a client that writes and reads sockets and
// does nothing else. Not a client: it takes each answer to come in one piece.
//
//     sockets PORT COUNT JOBS BODY    prints seconds, from the first connect to the last answer
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

static char request[65536];
static int length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void ask(int connection) {
  if (send(connection, request, length, 0) != length) {
    perror("send");
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int port = atoi(argv[1]), count = atoi(argv[2]), jobs = atoi(argv[3]), sent = 0;
  length = snprintf(request, sizeof request,
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                    "Authorization: Bearer none\r\nContent-Length: %zu\r\n\r\n%s",
                    port, strlen(argv[4]), argv[4]);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
  int poller = epoll_create1(0), one = 1;
  double start = now();
  for (; sent < jobs && sent < count; sent++) {
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // On loopback it is connected at once, or as good as that: what is sent waits for it.
    connect(connection, (struct sockaddr *)&server, sizeof server);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = connection};
    epoll_ctl(poller, EPOLL_CTL_ADD, connection, &event);
    ask(connection);
  }
  for (int done = 0; done < count;) {
    struct epoll_event ready[512];
    int found = epoll_wait(poller, ready, 512, -1);
    for (int i = 0; i < found; i++) {
      static char answer[65536];
      ssize_t got = recv(ready[i].data.fd, answer, sizeof answer, 0);
      if (got < 12 || strncmp(answer, "HTTP/1.1 200", 12)) {
        fprintf(stderr, "no answer\n");
        return 1;
      }
      done++;
      if (sent < count) {
        sent++;
        ask(ready[i].data.fd);
      }
    }
  }
  printf("seconds=%.4f\n", now() - start);
  return 0;
}
