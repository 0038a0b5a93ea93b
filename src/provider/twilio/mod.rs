//! Twilio: SMS and WhatsApp over Programmable Messaging.
