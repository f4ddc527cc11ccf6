"""What is asked and how it goes on; knows no Telegram, no words on screens, no clock."""
