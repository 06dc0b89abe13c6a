// libcurl and nothing around it: what a request and a streamed event cost at the least.
//
//   bare PORT requests COUNT INFLIGHT
//   bare PORT streams STREAMS EVENTS GAP
//   bare PORT ask COUNT INFLIGHT PATH BODY     with nothing sent before: the connections are part of it
//
// curl_multi_socket_action, epoll, handles used again, bytes thrown away.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static CURLM *multi;
static int poll_;
static long started, finished, wanted, failed;
static long long bytes;
static int64_t timer = -1;
static char url[256];
static const char *body;
static struct curl_slist *headers;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static size_t throwAway(char *p, size_t size, size_t n, void *context) {
  (void)p, (void)context;
  bytes += size * n;
  return size * n;
}
static int onSocket(CURL *easy, curl_socket_t s, int what, void *context, void *known) {
  (void)easy, (void)context;
  struct epoll_event e = {.data.fd = s};
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(poll_, EPOLL_CTL_DEL, s, &e);
    return 0;
  }
  e.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  epoll_ctl(poll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s, &e);
  if (!known) curl_multi_assign(multi, s, &poll_);
  return 0;
}
static int onTimer(CURLM *m, long ms, void *context) {
  (void)m, (void)context;
  timer = ms < 0 ? -1 : now() + ms * 1000000LL;
  return 0;
}

static void start(CURL *easy) {
  started++;
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, throwAway);
  curl_multi_add_handle(multi, easy);
}

static void run(long count, long inflight) {
  wanted = count;
  started = finished = 0;
  CURL **idle = malloc(sizeof *idle * inflight);
  long idles = 0;
  for (long i = 0; i < inflight && started < wanted; i++) start(curl_easy_init());
  struct epoll_event ready[1024];
  int running;
  while (finished < wanted) {
    int wait = -1;
    if (timer >= 0) {
      int64_t left = timer - now();
      wait = left <= 0 ? 0 : (int)((left + 999999) / 1000000);
    }
    int n = epoll_wait(poll_, ready, 1024, wait);
    for (int i = 0; i < n; i++) {
      int bits = (ready[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                 (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                 (ready[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi, ready[i].data.fd, bits, &running);
    }
    if (timer >= 0 && timer <= now()) {
      timer = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(multi, &left))) {
      CURL *easy = m->easy_handle;
      if (m->data.result) failed++;
      curl_multi_remove_handle(multi, easy);
      finished++;
      if (started < wanted) start(easy);
      else idle[idles++] = easy;
    }
  }
  while (idles) curl_easy_cleanup(idle[--idles]);
  free(idle);
}

int main(int count, char **a) {
  if (count < 5) return 2;
  static char filler[1100];
  memset(filler, 'p', 1000);
  body = filler;
  headers = curl_slist_append(headers, "Expect:");
  headers = curl_slist_append(headers, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-0123456789012345678901234567890123456789");
  multi = curl_multi_init();
  poll_ = epoll_create1(0);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, onSocket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, onTimer);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 16384L);
  if (!strcmp(a[2], "requests")) {
    long n = atol(a[3]), inflight = atol(a[4]);
    sprintf(url, "http://127.0.0.1:%s/reply", a[1]);
    run(n / 10 + inflight, inflight);
    int64_t t = now();
    double c = cpu();
    run(n, inflight);
    double wall = (now() - t) / 1e9, used = cpu() - c;
    printf("bare requests inflight=%ld req/s=%.0f cpu_us_per_request=%.2f failed=%ld\n", inflight, n / wall,
           used / n * 1e6, failed);
  } else if (!strcmp(a[2], "ask")) {
    if (count < 7) return 2;
    long n = atol(a[3]), inflight = atol(a[4]);
    snprintf(url, sizeof url, "http://127.0.0.1:%s%s", a[1], a[5]);
    body = a[6];
    int64_t t = now();
    double c = cpu();
    run(n, inflight);
    printf("bare ask inflight=%ld seconds=%.4f cpu_us_per_request=%.2f failed=%ld\n", inflight, (now() - t) / 1e9,
           (cpu() - c) / n * 1e6, failed);
  } else {
    long streams = atol(a[3]), events = atol(a[4]), gap = atol(a[5]);
    sprintf(url, "http://127.0.0.1:%s/reply", a[1]);
    run(streams * 2, streams);
    // The kernel puts off the ACKs of a connection whose requests follow on replies at once. Neither client shall have
    // that only because it was a moment quicker to start.
    usleep(200000);
    sprintf(url, gap ? "http://127.0.0.1:%s/stream/%ld/%ld" : "http://127.0.0.1:%s/burst/%ld", a[1], events, gap);
    int64_t t = now();
    double c = cpu();
    run(streams, streams);
    double wall = (now() - t) / 1e9, used = cpu() - c, all = (double)streams * events;
    printf("bare streams=%ld gap_us=%ld events/s=%.0f cpu_us_per_event=%.3f failed=%ld\n", streams, gap, all / wall,
           used / all * 1e6, failed);
  }
}
