"""Names of the OpenAI API itself: a scalar that is exactly one of these says nothing about anybody."""

_SCHEMA_WORDS = """
additionalProperties arguments array assistant audio auto batch boolean call_id chat.completion code content data
default description detail developer effort end_turn enum file format frequency_penalty function function_call high
id image image_url include_usage input input_audio input_image input_text instructions integer json_object
json_schema logprobs low max_completion_tokens max_output_tokens max_tokens medium message messages metadata minimal
minimum maximum modalities model n name none null number object output output_text parallel_tool_calls parameters
parts prediction presence_penalty properties reasoning reasoning_effort refusal required response_format role schema
seed stop store stream stream_options strict string system temperature text tool tool_call_id tool_calls tool_choice
tools top_logprobs top_p type url usage user true false
"""
SCHEMA_WORDS = frozenset(_SCHEMA_WORDS.split())
