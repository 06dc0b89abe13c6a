/// The suite that `assay init` writes: it runs at once, without a key.
public enum FirstSuite {
  public static let text = """
    # A suite says what to ask, of whom, and what must hold. Run it:
    #
    #   assay run suite.yaml
    #
    # It asks simulated models, so it needs no key and costs nothing.
    description: A first suite

    # What to ask: {{name}} is filled in from the cases below.
    prompts:
      - "Answer in one word. What is the capital of {{country}}?"

    # Of whom. With OPENAI_API_KEY set, put a real model beside them: openai:gpt-4o-mini
    targets:
      - sim:sim-large
      - sim:sim-small

    # How often each question is asked, so that the models can be told apart from chance.
    repeat: 3
    seed: 1

    # The cases: variables for the prompt, and checks that the reply must pass. The simulated models find
    # the answer under metadata.expected; real ones do not see it.
    tests:
      - vars: {country: France}
        metadata: {expected: Paris}
        assert:
          - {type: icontains, value: Paris}
      - vars: {country: Japan}
        metadata: {expected: Tokyo}
        assert:
          - {type: icontains, value: Tokyo}

    # What the exit code depends on, besides the checks.
    gates:
      - error_rate <= 0.1

    """
}
