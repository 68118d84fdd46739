"""The sandbox's demo data: invented, the same each time, and of the size of a real study centre.

The years are 2022, which is closed; 2023 and 2024, in which the tour takes place; last year; and this year as it
begins. A few organisations have no hours of 2024, and hours of 2023 only until March, so that these years can be tried
on the sandbox's clock: `free_for_the_tour` in `app/sandbox/demo/hours.py`.
"""
