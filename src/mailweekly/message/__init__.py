"""One reader's copy: an Edition prepared once, joined per reader into the exact bytes that go on the wire. Pure."""
