"""The sandbox's demo data: invented, the same each time, and of a study centre's real size.

Years: 2022, closed; 2023 and 2024, in which the tour lives; last year; and this year as it begins. A few organisations
are left without hours of 2024 and with hours of 2023 only until March, so that they can be lived through on the
sandbox's clock: `free_for_the_tour` in `app/sandbox/demo/hours.py`.
"""
