"""Support for organisations and for the public: enrolments: use cases."""
