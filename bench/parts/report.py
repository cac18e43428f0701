"""The figures: names with units, in the order in which they were measured."""


class Report:
    def __init__(self):
        self.figures = {}
        self.failures = []

    def add(self, name, value, digits=1):
        self.figures[name] = round(value, digits) if digits else round(value)

    def fail(self, part, error):
        self.failures.append((part, str(error)))

    def table(self):
        width = max((len(name) for name in self.figures), default=0)
        lines = [f"{name:<{width}}  {value:>12,}" for name, value in self.figures.items()]
        for part, text in self.failures:
            lines.append(f"not measured: {part}: {text}")
        return "\n".join(lines)
