// Opens many streams at once against the simulated server and reads them to their end.
//   cc -O2 -o streams streams.c && ./streams PORT STREAMS ROUNDS MODEL TOKENS
// Each connection asks ROUNDS times, one after the other. Prints events read, seconds and events a second.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct stream {
  int socket, rounds;
  unsigned matched;  // how much of the end mark was seen
};

static const char end_mark[] = "0\r\n\r\n";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void ask(struct stream *s, int port, const char *model, int tokens, int number) {
  char body[512], request[1024];
  int size = snprintf(body, sizeof body,
                      "{\"model\":\"%s\",\"stream\":true,\"max_tokens\":%d,\"messages\":[{\"role\":\"user\","
                      "\"content\":\"stream %d, round %d\"}]}",
                      model, tokens, number, s->rounds);
  int length = snprintf(request, sizeof request,
                        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n"
                        "content-type: application/json\r\ncontent-length: %d\r\n\r\n%s",
                        port, size, body);
  if (write(s->socket, request, length) != length) perror("write");
}

int main(int argc, char **argv) {
  if (argc < 6) return fprintf(stderr, "usage: streams PORT STREAMS ROUNDS MODEL TOKENS\n"), 2;
  int port = atoi(argv[1]), count = atoi(argv[2]), rounds = atoi(argv[3]), tokens = atoi(argv[5]);
  struct rlimit limit = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &limit);
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &place.sin_addr);
  int poller = epoll_create1(0);
  struct stream *streams = calloc(count, sizeof *streams);
  for (int i = 0; i < count; i++) {
    struct stream *s = &streams[i];
    s->rounds = rounds;
    s->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s->socket, (struct sockaddr *)&place, sizeof place)) return perror("connect"), 1;
    int yes = 1;
    setsockopt(s->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(s->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = i}};
    epoll_ctl(poller, EPOLL_CTL_ADD, s->socket, &event);
  }
  double start = now();
  for (int i = 0; i < count; i++) ask(&streams[i], port, argv[4], tokens, i);
  long events = 0, done = 0, broken = 0;
  static char buffer[1 << 16];
  struct epoll_event found[512];
  while (done + broken < count) {
    int ready = epoll_wait(poller, found, 512, 30000);
    if (ready <= 0) break;
    for (int k = 0; k < ready; k++) {
      struct stream *s = &streams[found[k].data.u32];
      ssize_t got = read(s->socket, buffer, sizeof buffer);
      if (got <= 0) {
        if (got < 0 && errno == EAGAIN) continue;
        broken++;
        close(s->socket);
        continue;
      }
      for (char *at = buffer; (at = memmem(at, buffer + got - at, "data: ", 6)); at += 6) events++;
      // The last chunk ends the body; the response ends with it.
      if (got >= 5 && !memcmp(buffer + got - 5, end_mark, 5)) {
        if (--s->rounds > 0) {
          ask(s, port, argv[4], tokens, found[k].data.u32);
        } else {
          done++;
          close(s->socket);
        }
      }
    }
  }
  double seconds = now() - start;
  printf("streams %ld broken %ld events %ld seconds %.3f events/s %.0f\n", done, broken, events, seconds,
         events / seconds);
  return broken > 0;
}
