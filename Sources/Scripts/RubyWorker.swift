/// What runs in each `ruby`: see `nodeWorkerSource`.
let rubyWorkerSource = #"""
  require 'json'
  require 'socket'
  $stdout.sync = true
  channel = UNIXSocket.for_fd(3)
  inline = {}

  compile = lambda do |code, parameters|
    holder = Object.new
    holder.instance_eval("def self.main(#{parameters.join(', ')})\n#{code}\nend", 'inline', 0)
    holder.method(:main)
  end

  find = lambda do |request|
    if request.key?('code')
      next inline[[request['code'], request['parameters']]] ||= compile.call(request['code'], request['parameters'])
    end
    path = request['path']
    name = request['function'] || request['method'] || request['fallback'] || ''
    require path
    unless name != '' && TOPLEVEL_BINDING.receiver.respond_to?(name, true)
      raise NameError, "#{File.basename(path)} has no method \"#{name}\""
    end
    TOPLEVEL_BINDING.receiver.method(name)
  end

  while (line = channel.gets)
    number, asked = line.split(' ', 2)
    begin
      request = JSON.parse(asked)
      arguments = request['arguments']
      if request.key?('code')
        count = request['parameters'].length
        arguments = Array.new(count) { |i| arguments[i] }
      end
      reply = { ok: true, value: find.call(request).call(*arguments) }
    rescue Exception => error
      trace = (error.backtrace || []).reject { |frame| frame.start_with?('-e:') }.join("\n")
      reply = { ok: false, message: error.message, type: error.class.name, trace: trace }
    end
    begin
      text = JSON.generate(reply)
    rescue StandardError => error
      text = JSON.generate({ ok: false, kind: 'badResult', message: "the result is no JSON: #{error.message}", type: error.class.name })
    end
    channel.write("#{number} #{text}\n")
    channel.flush
  end
  """#
