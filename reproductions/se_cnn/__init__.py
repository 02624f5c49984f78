"""SE-CNN (De Clara and Delpero 2023)."""
