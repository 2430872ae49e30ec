"""What the integration tests are made of: numbered events, a destination that fails, senders, the program under SIGKILL."""
