"""Record (档案): what each person can do, needs and has to do."""
