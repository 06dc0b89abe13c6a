// What libmicrohttpd could do in the server's place: a constant chat completion to every POST, one epoll thread.
//   cc -O2 -o microhttpd microhttpd.c -lmicrohttpd && ./microhttpd PORT
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char body[661];

static enum MHD_Result answer(void *unused, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *size, void **state) {
  static int begun;
  if (!*state) return *state = &begun, MHD_YES;
  if (*size) return *size = 0, MHD_YES;
  struct MHD_Response *response = MHD_create_response_from_buffer(sizeof body, body, MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(response, "content-type", "application/json");
  enum MHD_Result result = MHD_queue_response(connection, 200, response);
  MHD_destroy_response(response);
  return result;
}

int main(int argc, char **argv) {
  memset(body, 'x', sizeof body);
  if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, atoi(argv[1]), NULL, NULL, answer, NULL,
                        MHD_OPTION_CONNECTION_LIMIT, 10000, MHD_OPTION_END))
    return 1;
  pause();
}
