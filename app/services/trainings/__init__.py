"""The training courses: support rules, topic classes, trainings, statements and their support: use cases."""
