"""What answers cost: prices, the cost of an answer by the tokens it reported, what budgets spent, and reports."""
