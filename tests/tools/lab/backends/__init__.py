"""Real servers for examples/, each in a file of its own with the client that the test asks it by."""
