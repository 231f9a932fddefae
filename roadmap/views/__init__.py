"""Pages of the roadmap, its boards and its teams."""
