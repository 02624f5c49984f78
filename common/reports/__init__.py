"""From records to files: tables, captions, figures, pages. Needs neither data nor training."""
