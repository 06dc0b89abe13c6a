// A loopback server that costs next to nothing, so that what is measured is the client.
//
//   server [port]            prints the port it listens on
//   POST /reply              answers at once with 0.8 kB of JSON
//   POST /stream/N/GAP       streams N server-sent events of 300 bytes, one packet every GAP microseconds,
//                            each with the monotonic nanosecond at which it was due to be sent
//   POST /burst/N            the same events, as fast as the socket takes them
//
// One thread, epoll, HTTP/1.1 with keep-alive; requests are not checked, this is no server for anyone else.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENT = 300, CONNECTIONS = 16384 };

typedef struct {
  int fd, in, place;            // place in the heap of streams, -1 when not streaming
  char buffer[8192];
  long left, gap;               // events to go, microseconds between them
  int64_t due;
  char *out;
  size_t outSize, outSent;
} Connection;

static Connection *connections[CONNECTIONS];
static Connection *heap[CONNECTIONS];
static int heapSize;
static int poll_;
static char reply[2048];
static int replySize;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void put(Connection *c, int i) { heap[i] = c; c->place = i; }
static void up(int i) {
  Connection *c = heap[i];
  for (; i && heap[(i - 1) / 2]->due > c->due; i = (i - 1) / 2) put(heap[(i - 1) / 2], i);
  put(c, i);
}
static void down(int i) {
  Connection *c = heap[i];
  for (int child; (child = 2 * i + 1) < heapSize; i = child) {
    if (child + 1 < heapSize && heap[child + 1]->due < heap[child]->due) child++;
    if (heap[child]->due >= c->due) break;
    put(heap[child], i);
  }
  put(c, i);
}
static void removeFromHeap(Connection *c) {
  int i = c->place;
  if (i < 0) return;
  c->place = -1;
  Connection *last = heap[--heapSize];
  if (last == c) return;
  put(last, i);
  up(i);
  down(last->place);
}

static void closeConnection(Connection *c) {
  removeFromHeap(c);
  connections[c->fd] = NULL;
  close(c->fd);
  free(c->out);
  free(c);
}

static int event(char *to) {
  char line[EVENT + 64];
  int n = snprintf(line, sizeof line,
      "data: {\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
      "\"model\":\"gpt-4o-mini\",\"sent\":%020lld,\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
      "\"logprobs\":null,\"finish_reason\":null}],\"pad\":\"",
      (long long)now());
  while (n < EVENT - 4) line[n++] = 'x';
  n += sprintf(line + n, "\"}\n\n");
  return sprintf(to, "%x\r\n%.*s\r\n", n, n, line);
}

static void streamStep(Connection *c) {
  char out[1024];
  int n = 0;
  if (c->left > 0) { n = event(out); c->left--; c->due += c->gap * 1000; }
  if (c->left == 0) { n += sprintf(out + n, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"); removeFromHeap(c); }
  else down(c->place);
  if (write(c->fd, out, n) != n) closeConnection(c);
}

static void flushOut(Connection *c) {
  while (c->outSent < c->outSize) {
    ssize_t n = write(c->fd, c->out + c->outSent, c->outSize - c->outSent);
    if (n < 0) break;
    c->outSent += n;
  }
  struct epoll_event e = {.events = c->outSent < c->outSize ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.fd = c->fd};
  epoll_ctl(poll_, EPOLL_CTL_MOD, c->fd, &e);
  if (c->outSent == c->outSize) { free(c->out); c->out = NULL; c->outSize = c->outSent = 0; }
}

static void answer(Connection *c, const char *path) {
  static const char head[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  long events = 0, gap = 0;
  if (sscanf(path, "/stream/%ld/%ld", &events, &gap) == 2) {
    if (write(c->fd, head, sizeof head - 1) < 0) return;
    c->left = events;
    c->gap = gap;
    // Streams that began together don't send together.
    c->due = now() + (int64_t)(rand() % (gap + 1)) * 1000;
    heap[heapSize] = c;
    c->place = heapSize++;
    up(c->place);
  } else if (sscanf(path, "/burst/%ld", &events) == 1) {
    c->out = malloc(sizeof head + (events + 1) * (EVENT + 16));
    c->outSize = sprintf(c->out, "%s", head);
    for (long i = 0; i < events; i++) c->outSize += event(c->out + c->outSize);
    c->outSize += sprintf(c->out + c->outSize, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    flushOut(c);
  } else if (write(c->fd, reply, replySize) < 0) {
    return;
  }
}

static void readable(Connection *c) {
  ssize_t n = read(c->fd, c->buffer + c->in, sizeof c->buffer - 1 - c->in);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) closeConnection(c);
    return;
  }
  c->in += n;
  c->buffer[c->in] = 0;
  for (;;) {
    char *end = strstr(c->buffer, "\r\n\r\n");
    if (!end) return;
    long length = 0;
    char *header = strcasestr(c->buffer, "\r\ncontent-length:");
    if (header && header < end) length = strtol(header + 17, NULL, 10);
    long total = end + 4 - c->buffer + length;
    if (c->in < total) return;
    char *path = strchr(c->buffer, ' ');
    int fd = c->fd;
    if (path) answer(c, path + 1);
    if (!connections[fd]) return;
    memmove(c->buffer, c->buffer + total, c->in - total + 1);
    c->in -= total;
    if (!c->in) return;
  }
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons(count > 1 ? atoi(arguments[1]) : 0)};
  socklen_t size = sizeof address;
  if (bind(listener, (void *)&address, size) || listen(listener, 4096)) return perror("listen"), 1;
  getsockname(listener, (void *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  char body[1024];
  int n = sprintf(body, "{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion\",\"created\":1760000000,"
      "\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
  while (n < 600) body[n++] = 'a';
  n += sprintf(body + n, "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":100,"
      "\"total_tokens\":120}}");
  replySize = sprintf(reply, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_0123456789\r\n"
      "X-Ratelimit-Limit-Requests: 10000\r\nX-Ratelimit-Remaining-Requests: 9999\r\n"
      "Content-Length: %d\r\n\r\n%s", n, body);

  poll_ = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, ready[1024];
  epoll_ctl(poll_, EPOLL_CTL_ADD, listener, &e);
  for (;;) {
    int wait = -1;
    if (heapSize) {
      int64_t left = heap[0]->due - now();
      wait = left <= 0 ? 0 : (int)((left + 999999) / 1000000);
    }
    int found = epoll_wait(poll_, ready, 1024, wait);
    for (int i = 0; i < found; i++) {
      int fd = ready[i].data.fd;
      if (fd == listener) {
        int accepted;
        while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          if (accepted >= CONNECTIONS) { close(accepted); continue; }
          setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          Connection *c = calloc(1, sizeof *c);
          c->fd = accepted;
          c->place = -1;
          connections[accepted] = c;
          struct epoll_event in = {.events = EPOLLIN, .data.fd = accepted};
          epoll_ctl(poll_, EPOLL_CTL_ADD, accepted, &in);
        }
        continue;
      }
      Connection *c = connections[fd];
      if (!c) continue;
      if (c->out && ready[i].events & EPOLLOUT) flushOut(c);
      else if (ready[i].events & ~EPOLLOUT) readable(c);
    }
    int64_t t = now();
    while (heapSize && heap[0]->due <= t) streamStep(heap[0]);
  }
}
