"""Privacy (个人信息): erasing a customer who asks for it."""
