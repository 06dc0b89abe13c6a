/// What runs in each `python3`: see `nodeWorkerSource`.
let pythonWorkerSource = #"""
  import asyncio, dataclasses, importlib.util, inspect, io, json, math, os, re, runpy, socket, sys, textwrap, traceback

  channel = socket.socket(fileno=3)
  channel.set_inheritable(False)
  lines = channel.makefile("rb")
  inline = {}
  modules = {}
  event_loop = None

  def compiled(code, parameters):
      key = (code, tuple(parameters))
      if key not in inline:
          inline[key] = compile_inline(textwrap.dedent(code).strip("\n").rstrip(), parameters)
      return inline[key]

  def compile_inline(code, parameters):
      head = "def main(" + ", ".join(parameters) + "):\n"
      body = head + textwrap.indent(code, "    ", lambda line: True)
      if "\n" not in code:
          try:
              program = compile(head + "    return (" + code + "\n)", "<inline>", "exec")
          except SyntaxError as error:
              try:
                  program = compile(body, "<inline>", "exec")
              except SyntaxError:
                  raise error from None
      else:
          program = compile(body, "<inline>", "exec")
      scope = {"__name__": "inline", "json": json, "math": math, "os": os, "re": re, "sys": sys}
      exec(program, scope)
      return scope["main"]

  def find_neighbours(path):
      if not os.path.exists(path):
          raise FileNotFoundError(f"no such file: {path}")
      folder = os.path.dirname(path)
      if folder not in sys.path:
          sys.path.insert(0, folder)

  def printed(path, arguments):
      find_neighbours(path)
      given, shown = sys.argv, sys.stdout
      sys.argv = [path] + [json.dumps(value) for value in arguments]
      sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
      try:
          runpy.run_path(path, run_name="__main__")
      except SystemExit as end:
          if end.code:
              raise RuntimeError(f"it ended with {end.code}") from None
      finally:
          text = sys.stdout.buffer.getvalue().decode("utf-8", "replace")
          sys.argv, sys.stdout = given, shown
      return text.rstrip("\r\n")

  def module(path):
      if path not in modules:
          find_neighbours(path)
          name = os.path.splitext(os.path.basename(path))[0]
          spec = importlib.util.spec_from_file_location(name, path)
          loaded = importlib.util.module_from_spec(spec)
          sys.modules.setdefault(name, loaded)
          spec.loader.exec_module(loaded)
          modules[path] = loaded
      return modules[path]

  def find(request):
      if "code" in request:
          return compiled(request["code"], request["parameters"])
      name = request.get("function") or request.get("method") or request.get("fallback")
      found = module(request["path"])
      # `Class.method` too.
      for part in (name or "").split("."):
          found = getattr(found, part, None)
      if not callable(found) and (found is None or not request.get("data")):
          raise AttributeError(f'{os.path.basename(request["path"])} has no function "{name or ""}"')
      return found

  def run(request):
      global event_loop
      if "program" in request:
          return printed(request["path"], request["arguments"])
      function = find(request)
      if not callable(function):
          return function
      arguments = request["arguments"]
      if "code" in request:
          count = len(request["parameters"])
          arguments = arguments[:count] + [None] * (count - len(arguments))
      result = function(*arguments)
      if inspect.isawaitable(result):
          async def wait():
              return await result
          if event_loop is None:
              event_loop = asyncio.new_event_loop()
              asyncio.set_event_loop(event_loop)
          result = event_loop.run_until_complete(wait())
      return result

  def plain(value):
      if dataclasses.is_dataclass(value) and not isinstance(value, type):
          return dataclasses.asdict(value)
      if isinstance(value, (set, frozenset, tuple)):
          return list(value)
      for name in ("item", "model_dump", "isoformat"):
          method = getattr(value, name, None)
          if callable(method):
              return method()
      raise TypeError(f"{type(value).__name__} is no JSON")

  def handle(line):
      try:
          value = run(json.loads(line))
      except BaseException as error:
          frames = traceback.extract_tb(error.__traceback__)
          kept = [frame for frame in frames if frame.filename != "<string>" and "importlib" not in frame.filename]
          trace = "".join(traceback.format_list(kept) + traceback.format_exception_only(type(error), error))
          return {"ok": False, "message": str(error), "type": type(error).__name__, "trace": trace}
      return {"ok": True, "value": value}

  for line in lines:
      number, _, request = line.partition(b" ")
      reply = handle(request)
      try:
          text = json.dumps(reply, default=plain, allow_nan=False)
      except Exception as error:
          text = json.dumps({"ok": False, "kind": "badResult", "message": f"the result is no JSON: {error}", "type": type(error).__name__})
      sys.stdout.flush()
      channel.sendall(number + b" " + text.encode() + b"\n")
  os._exit(0)
  """#
