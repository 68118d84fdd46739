"""Pictures: the yearly calendar as a wheel, and charts of hours, as SVG."""
