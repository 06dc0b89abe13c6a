def generate_tests():
    return []
