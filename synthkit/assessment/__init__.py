"""Is a synthetic table good? Fidelity, detection, usefulness, privacy, rules; each with its control."""
