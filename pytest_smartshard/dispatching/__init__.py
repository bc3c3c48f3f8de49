"""What to do while a run goes on. Pure: values in, values out."""
