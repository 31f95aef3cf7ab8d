def percent(value: float) -> str:
    return f"{value:.2f}%"
