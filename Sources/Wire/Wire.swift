/// HTTP, both ways, and nothing about models.
///
/// - `Client`: one event-loop thread that owns libcurl. A task hands it a request and awaits one exchange.
/// - `Streams`: incremental parsers of server-sent events and of lines, fed on that thread.
/// - `Server`: the loopback server under the simulator, the proxy and the viewer.
///
/// C pointers stay in this room.
enum Wire {}
