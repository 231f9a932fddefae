"""What is asked of Linear's GraphQL API; the tests hold it against the schema that Linear publishes.

A question may cost 10,000 points, and an hour some 250,000: each object counts 1, each value 0.1, times how many a list
asks for (https://linear.app/developers/rate-limiting). So labels come by their ids and are looked up once, and of a
history only what cannot be done without.
"""

from __future__ import annotations

TEAMS = """
query Teams($first: Int!, $after: String) {
  organization { name urlKey }
  teams(first: $first, after: $after) {
    nodes { id name key archivedAt }
    pageInfo { hasNextPage endCursor }
  }
}
"""

TEAM = """
query Team($team: String!, $after: String) {
  team(id: $team) {
    id
    name
    issueCount(includeArchived: true)
    states(first: 100, after: $after, includeArchived: true) {
      nodes { id name type position archivedAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

# By creation, so that an issue that changes meanwhile keeps its place.
ISSUES = """
query Issues($team: ID!, $first: Int!, $after: String) {
  issues(
    first: $first, after: $after, includeArchived: true, orderBy: createdAt, filter: { team: { id: { eq: $team } } }
  ) {
    nodes {
      id
      identifier
      title
      description
      url
      priorityLabel
      estimate
      dueDate
      createdAt
      updatedAt
      startedAt
      completedAt
      canceledAt
      archivedAt
      trashed
      state { id name type }
      assignee { id }
      labelIds
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

LABELS = """
query Labels($ids: [ID!]!, $first: Int!) {
  issueLabels(first: $first, includeArchived: true, filter: { id: { in: $ids } }) {
    nodes { id name parent { name } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

HISTORIES = """
query Histories($ids: [ID!]!, $first: Int!) {
  issues(first: $first, includeArchived: true, filter: { id: { in: $ids } }) {
    nodes {
      id
      stateHistory(first: 20) {
        nodes { startedAt stateId }
        pageInfo { hasNextPage endCursor }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

HISTORY = """
query History($issue: String!, $after: String) {
  issue(id: $issue) {
    stateHistory(first: 100, after: $after) {
      nodes { startedAt stateId }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
