"""Products and projects of technology that sound like a person, or that a model takes for one."""

from functools import cache

from proxy.detection.lexicon import entries

_TECHNOLOGY = """
airflow algolia android angular ansible anthropic apache arduino asana asyncio auth0 aws azure babel bash bigquery
bitbucket bootstrap cassandra celery chatgpt chrome claude cloudflare cobol codex confluence cuda cypress dagster dart
databricks datadog dbt debian deno dialogflow discord django docker dockerfile dotnet drupal duckdb elasticsearch
electron elixir envoy erlang eslint excel express fastapi fedora ffmpeg figma firebase firefox flask flink flutter
fortran gemini gemma gitlab github golang gradle grafana graphql groovy hadoop haskell helm heroku hive html hubspot
ios istio jaeger java javascript jenkins jinja jira jquery json jupyter kafka keras kibana kotlin kubernetes lambda
langchain laravel leetcode linux llama logstash lua macos magento mariadb markdown maven memcached midjourney minio
mistral mongodb mongoose mysql neo4j netlify nextjs next.js nginx node.js nodejs notion npm numpy nuxt ollama openai
opencv openshift oracle outlook pandas parquet perl photoshop php playwright podman polars postgres postgresql postman
powershell prisma prometheus pulumi puppet puppeteer pydantic pyspark pytest python pytorch quarkus qwen rabbitmq
rails react redis redshift redux regex rest ruby rust safari salesforce sass scala scikit-learn scipy scrapy selenium
sentry servicenow shopify siri slack snowflake solidity spacy spark splunk spotify spring sql sqlalchemy sqlite stripe
supabase svelte swift symfony tableau tailwind telegram tensorflow terraform traefik trello twilio typescript ubuntu
unity vercel vim vite vue webpack whatsapp windows wireshark wordpress xcode xgboost xml yaml yarn zapier zendesk zig
zookeeper zoom uuid url uri utc csv pdf ceo cto cfo api sdk fibonacci dijkstra bayes fourier gauss gaussian laplace
markov pythagoras euclid euler turing bellman levenshtein jaccard huffman poisson bernoulli oauth kaggle
"""
TECHNOLOGY = frozenset(_TECHNOLOGY.split())


@cache
def brands() -> frozenset[str]:
    """Return companies, shops, dishes, drinks and places that carry a person's name; compared with a whole span."""
    return entries("brands.txt")
