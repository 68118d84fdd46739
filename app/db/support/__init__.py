"""Support for organisations and for the public: enrolments: tables and queries."""
